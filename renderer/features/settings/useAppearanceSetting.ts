import { useMantineColorScheme } from '@mantine/core'
import { useEffect } from 'react'
import { useSettings } from './settingsQueries.ts'

/** Follows the setting "appearance". */
export function useAppearanceSetting(): void {
  const { setColorScheme } = useMantineColorScheme()
  const appearance = useSettings().data?.['window.appearance']
  useEffect(() => {
    if (appearance !== undefined) setColorScheme(appearance === 'system' ? 'auto' : appearance)
  }, [appearance, setColorScheme])
}
