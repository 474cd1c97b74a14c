import { useMantineColorScheme } from '@mantine/core'
import { useEffect } from 'react'
import { useSettings } from './settingsQueries.ts'

/** Follows the setting "appearance". Without pausing transitions: Mantine would write a style element for that. */
export function useAppearanceSetting(): void {
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  const appearance = useSettings().data?.['window.appearance']
  useEffect(() => {
    if (appearance !== undefined) setColorScheme(appearance === 'system' ? 'auto' : appearance)
  }, [appearance, setColorScheme])
}
