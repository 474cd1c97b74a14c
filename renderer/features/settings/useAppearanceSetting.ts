import { useMantineColorScheme } from '@mantine/core'
import { useEffect } from 'react'
import { useSettings } from './settingsQueries.ts'

/** Follows the setting "appearance". Without pausing transitions: Mantine would write a style element for that. */
export function useAppearanceSetting(): void {
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  const appearance = useSettings().data?.['window.appearance']
  const wanted = appearance === 'system' ? 'auto' : appearance
  useEffect(() => {
    if (wanted !== undefined && wanted !== colorScheme) setColorScheme(wanted)
  }, [wanted, colorScheme, setColorScheme])
}
