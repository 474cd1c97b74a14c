import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Comfyui } from '../../proxy/contract/comfyui.ts'
import { Dialog } from '../components/Dialog.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { Notice } from '../components/Notice.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { Section } from '../components/Section.tsx'
import { hasDesktop } from '../desktop/desktop.ts'
import { ArgumentsSetting } from '../features/comfyui/ArgumentsSetting.tsx'
import { ChooseEngine } from '../features/comfyui/ChooseEngine.tsx'
import { useComfyui } from '../features/comfyui/comfyuiQueries.ts'
import { EngineSwitch } from '../features/comfyui/EngineSwitch.tsx'
import { describeChoice } from '../features/comfyui/engineWords.ts'
import { LogView } from '../features/comfyui/LogView.tsx'
import { SettingRow, SwitchSetting } from '../features/settings/SettingRow.tsx'
import { useSetSetting, useSettings } from '../features/settings/settingsQueries.ts'
import { useSharing } from '../features/sharing/sharingQueries.ts'

/** Which ComfyUI, is it well? */
export function ComfyuiPage() {
  const comfyui = useComfyui()
  const sharing = useSharing()
  return (
    <>
      <PageHeader title="ComfyUI" />
      {comfyui.isPending && <LoadingRows rows={4} rowHeight={64} />}
      {comfyui.isError && (
        <ErrorState
          what="The state of ComfyUI could not be read."
          error={comfyui.error}
          onRetry={() => void comfyui.refetch()}
        />
      )}
      {comfyui.data !== undefined && (
        <>
          <EngineSwitch comfyui={comfyui.data} localUrl={sharing.data?.localUrl} onShowLog={showLog} />
          {comfyui.data.notices.length > 0 && (
            <Section title="Good to know">
              <div style={{ display: 'grid', gap: 8 }}>
                {comfyui.data.notices.map((notice) => (
                  <Notice key={notice} tone="attention">
                    {notice}
                  </Notice>
                ))}
              </div>
            </Section>
          )}
          <InstallationSettings comfyui={comfyui.data} />
        </>
      )}
      <div id="log">
        <Section title="Log">
          <LogView height={360} />
        </Section>
      </div>
    </>
  )
}

function showLog(): void {
  document.getElementById('log')?.scrollIntoView()
}

function InstallationSettings({ comfyui }: { readonly comfyui: Comfyui }) {
  const settings = useSettings()
  const startWith = useSetSetting<'comfyui.startWithGatehouse'>()
  const [choosing, setChoosing] = useState(false)
  const { choice } = comfyui
  return (
    <Section title="Installation">
      <div>
        <SettingRow
          label={describeChoice(choice)}
          hint={choice.kind === 'comfyui' ? choice.directory : 'Built into Gatehouse.'}
        >
          {hasDesktop() && (
            <Button variant="default" onClick={() => setChoosing(true)}>
              Change
            </Button>
          )}
        </SettingRow>
        {settings.data !== undefined && (
          <>
            <SwitchSetting
              label="Start ComfyUI together with Gatehouse"
              checked={startWith.isPending ? startWith.variables.value : settings.data['comfyui.startWithGatehouse']}
              disabled={!hasDesktop()}
              error={startWith.error}
              onChange={(value) => startWith.mutate({ name: 'comfyui.startWithGatehouse', value })}
            />
            <ArgumentsSetting value={settings.data['comfyui.arguments']} />
          </>
        )}
      </div>
      {settings.isError && (
        <ErrorState
          what="The options could not be read."
          error={settings.error}
          onRetry={() => void settings.refetch()}
        />
      )}
      {choosing && (
        <Dialog title="Which ComfyUI?" size={640} onClose={() => setChoosing(false)}>
          <p className="quiet">What runs now stops first, and running jobs with it.</p>
          <ChooseEngine
            action="Use this one"
            current={choice.kind === 'comfyui' ? choice.directory : choice.kind === 'practice' ? 'practice' : undefined}
            onChosen={() => setChoosing(false)}
          />
        </Dialog>
      )}
    </Section>
  )
}
