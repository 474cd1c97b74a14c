import { Button, SegmentedControl } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { z } from 'zod'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { Notice } from '../components/Notice.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { Section } from '../components/Section.tsx'
import { hasDesktop, invokeDesktop } from '../desktop/desktop.ts'
import { ProtectionSection } from '../features/protection/ProtectionSection.tsx'
import { NumberSetting, SettingRow, SwitchSetting } from '../features/settings/SettingRow.tsx'
import { useDesktopDescription, useSetSetting, useSettings } from '../features/settings/settingsQueries.ts'
import type { ShownSettings } from '../features/settings/settingsQueries.ts'
import { describeClosing, describeSecrets } from '../features/settings/settingsWords.ts'
import { useSharing } from '../features/sharing/sharingQueries.ts'

const appearanceSchema = z.enum(['system', 'light', 'dark'])
const keepAwakeSchema = z.enum(['working', 'sharing', 'never'])

export function SettingsPage() {
  const settings = useSettings()
  return (
    <>
      <PageHeader title="Settings" />
      {settings.isPending && <LoadingRows rows={6} rowHeight={64} />}
      {settings.isError && (
        <ErrorState
          what="The settings could not be read."
          error={settings.error}
          onRetry={() => void settings.refetch()}
        />
      )}
      {settings.data !== undefined && (
        <>
          <WindowSettings settings={settings.data} />
          <SharingSettings settings={settings.data} />
          <ProtectionSection />
        </>
      )}
      {hasDesktop() && <AboutThisComputer />}
    </>
  )
}

function WindowSettings({ settings }: { readonly settings: ShownSettings }) {
  const login = useSetSetting<'window.startAtLogin'>()
  const tray = useSetSetting<'window.keepInTray'>()
  const awake = useSetSetting<'window.keepAwake'>()
  const appearance = useSetSetting<'window.appearance'>()
  const description = useDesktopDescription(hasDesktop())
  return (
    <Section title="This window">
      <div>
        <SwitchSetting
          label="Start when I sign in to this computer"
          checked={login.isPending ? login.variables.value : settings['window.startAtLogin']}
          disabled={!hasDesktop()}
          error={login.error}
          onChange={(value) => login.mutate({ name: 'window.startAtLogin', value })}
        />
        <SwitchSetting
          label="Keep running when the window is closed"
          hint={describeClosing(description.data?.tray)}
          checked={tray.isPending ? tray.variables.value : settings['window.keepInTray']}
          disabled={!hasDesktop()}
          error={tray.error}
          onChange={(value) => tray.mutate({ name: 'window.keepInTray', value })}
        />
        <SettingRow
          label="Keep this computer awake"
          hint="While it sleeps nobody reaches it. Closing the lid puts it to sleep all the same."
          error={awake.error}
        >
          <SegmentedControl
            aria-label="Keep this computer awake"
            value={awake.isPending ? awake.variables.value : settings['window.keepAwake']}
            disabled={!hasDesktop()}
            onChange={(value) => awake.mutate({ name: 'window.keepAwake', value: keepAwakeSchema.parse(value) })}
            data={[
              { value: 'working', label: 'While it works' },
              { value: 'sharing', label: 'While shared' },
              { value: 'never', label: 'Never' },
            ]}
          />
        </SettingRow>
        <SettingRow label="Appearance" error={appearance.error}>
          <SegmentedControl
            aria-label="Appearance"
            value={appearance.isPending ? appearance.variables.value : settings['window.appearance']}
            onChange={(value) => appearance.mutate({ name: 'window.appearance', value: appearanceSchema.parse(value) })}
            data={[
              { value: 'system', label: 'As the system' },
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
            ]}
          />
        </SettingRow>
      </div>
    </Section>
  )
}

function SharingSettings({ settings }: { readonly settings: ShownSettings }) {
  const sharing = useSharing()
  const port = useSetSetting<'sharing.port'>()
  const idle = useSetSetting<'sessions.idleHours'>()
  const absolute = useSetSetting<'sessions.absoluteDays'>()
  return (
    <Section title="People’s access">
      {typeof sharing.data?.problem === 'string' && (
        <div style={{ marginBottom: 12 }}>
          <Notice tone="attention" announce>
            {sharing.data.problem}
          </Notice>
        </div>
      )}
      <div>
        <NumberSetting
          label="Port"
          hint="The number at the end of the address. A new one counts at once: everybody needs the new link, also those who are inside."
          value={settings['sharing.port']}
          min={1}
          max={65_535}
          busy={port.isPending}
          error={port.error}
          onSave={(value) => port.mutate({ name: 'sharing.port', value })}
        />
        <NumberSetting
          label="Sign out after a pause of"
          hint="Somebody who does nothing for so long has to sign in again."
          unit="hours"
          value={settings['sessions.idleHours']}
          min={1}
          max={8760}
          busy={idle.isPending}
          error={idle.error}
          onSave={(value) => idle.mutate({ name: 'sessions.idleHours', value })}
        />
        <NumberSetting
          label="Sign out at the latest after"
          hint="Also somebody who is here every day."
          unit="days"
          value={settings['sessions.absoluteDays']}
          min={1}
          max={365}
          busy={absolute.isPending}
          error={absolute.error}
          onSave={(value) => absolute.mutate({ name: 'sessions.absoluteDays', value })}
        />
      </div>
    </Section>
  )
}

function AboutThisComputer() {
  const description = useDesktopDescription(true)
  const open = useMutation({ mutationFn: () => invokeDesktop('desktop:openDataFolder') })
  const quit = useMutation({ mutationFn: () => invokeDesktop('desktop:quit') })
  return (
    <Section title="On this computer">
      {description.isPending && <LoadingRows rows={3} rowHeight={64} />}
      {description.isError && <ErrorState what="The program could not be asked." error={description.error} />}
      {description.data !== undefined && (
        <div>
          <SettingRow label="Secrets" hint={describeSecrets(description.data.secrets)}>
            {null}
          </SettingRow>
          <SettingRow label="Data folder" hint={description.data.dataDirectory} error={open.error}>
            <Button variant="default" loading={open.isPending} onClick={() => open.mutate()}>
              Open folder
            </Button>
          </SettingRow>
          <SettingRow label="Gatehouse" hint={`Version ${description.data.version}`} error={quit.error}>
            <Button variant="default" onClick={() => quit.mutate()}>
              Quit Gatehouse
            </Button>
          </SettingRow>
        </div>
      )}
    </Section>
  )
}
