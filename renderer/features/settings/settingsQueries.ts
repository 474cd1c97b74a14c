import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import { settingDefinitions } from '../../../proxy/contract/settings.ts'
import type { SettingName, Settings } from '../../../proxy/contract/settings.ts'
import { noAnswer, request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { invokeDesktop } from '../../desktop/desktop.ts'

/** The settings that these pages show; others may be in the answer and are ignored. */
export const settingsSchema = z.object({
  'comfyui.arguments': settingDefinitions['comfyui.arguments'].schema,
  'comfyui.directory': settingDefinitions['comfyui.directory'].schema,
  'comfyui.startWithGatehouse': settingDefinitions['comfyui.startWithGatehouse'].schema,
  'sharing.port': settingDefinitions['sharing.port'].schema,
  'sharing.name': settingDefinitions['sharing.name'].schema,
  'sharing.networks': settingDefinitions['sharing.networks'].schema,
  'sharing.outsideHome': settingDefinitions['sharing.outsideHome'].schema,
  'sharing.trustedProxies': settingDefinitions['sharing.trustedProxies'].schema,
  'sessions.idleHours': settingDefinitions['sessions.idleHours'].schema,
  'sessions.absoluteDays': settingDefinitions['sessions.absoluteDays'].schema,
  'jobs.limits': settingDefinitions['jobs.limits'].schema,
  'jobs.weights': settingDefinitions['jobs.weights'].schema,
  'folders.quotaBytes': settingDefinitions['folders.quotaBytes'].schema,
  'folders.retentionDays': settingDefinitions['folders.retentionDays'].schema,
  'guests.allowed': settingDefinitions['guests.allowed'].schema,
  'guests.hours': settingDefinitions['guests.hours'].schema,
  'limits.requestsPerMinute': settingDefinitions['limits.requestsPerMinute'].schema,
  'limits.requestsPerMinutePerAddress': settingDefinitions['limits.requestsPerMinutePerAddress'].schema,
  'limits.strangerRequestsPerMinute': settingDefinitions['limits.strangerRequestsPerMinute'].schema,
  'lockout.blacklistAfter': settingDefinitions['lockout.blacklistAfter'].schema,
  'administration.on': settingDefinitions['administration.on'].schema,
  'administration.port': settingDefinitions['administration.port'].schema,
  'https.mode': settingDefinitions['https.mode'].schema,
  'https.force': settingDefinitions['https.force'].schema,
  'https.allowWithout': settingDefinitions['https.allowWithout'].schema,
  'window.keepInTray': settingDefinitions['window.keepInTray'].schema,
  'window.startAtLogin': settingDefinitions['window.startAtLogin'].schema,
  'window.keepAwake': settingDefinitions['window.keepAwake'].schema,
  'window.appearance': settingDefinitions['window.appearance'].schema,
})
export type ShownSettings = z.infer<typeof settingsSchema>

export function useSettings() {
  return useQuery({
    queryKey: queryKeys.settings,
    queryFn: () => request('GET', 'settings', { schema: settingsSchema }),
  })
}

interface SettingChange<Name extends SettingName> {
  readonly name: Name
  readonly value: Settings[Name]
}

/** Changes one setting: machine settings through the program on this computer, all others through the API. */
export function useSetSetting<Name extends SettingName>() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, value }: SettingChange<Name>) => {
      if (settingDefinitions[name].machine) await invokeDesktop('settings:setMachine', { name, value })
      else await request('PATCH', 'settings', { schema: noAnswer, body: { [name]: value } })
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.settings }),
        client.invalidateQueries({ queryKey: queryKeys.sharing }),
        client.invalidateQueries({ queryKey: queryKeys.comfyui }),
        client.invalidateQueries({ queryKey: queryKeys.administration }),
      ]),
  })
}

/** What the program on this computer says about itself. */
export function useDesktopDescription(enabled: boolean) {
  return useQuery({
    queryKey: queryKeys.desktop,
    queryFn: () => invokeDesktop('desktop:describe'),
    enabled,
    retry: false,
  })
}
