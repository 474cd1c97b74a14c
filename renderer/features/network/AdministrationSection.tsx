import type { Administration } from '../../../proxy/contract/administration.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Section.tsx'
import { hasDesktop } from '../../desktop/desktop.ts'
import { useAdministration } from '../administration/administrationQueries.ts'
import { NumberSetting, SwitchSetting } from '../settings/SettingRow.tsx'
import { useSetSetting } from '../settings/settingsQueries.ts'
import styles from './AddressList.module.css'

/** Managing Gatehouse from another device: whether, and where. */
export function AdministrationSection() {
  const administration = useAdministration()
  return (
    <Section title="Manage from other devices">
      {administration.isPending && <LoadingRows rows={2} rowHeight={64} />}
      {administration.isError && (
        <ErrorState
          what="This could not be read."
          error={administration.error}
          onRetry={() => void administration.refetch()}
        />
      )}
      {administration.data !== undefined && <Switches administration={administration.data} />}
    </Section>
  )
}

function Switches({ administration }: { readonly administration: Administration }) {
  const { on, port, urls, problem } = administration
  const change = useSetSetting<'administration.on'>()
  const changePort = useSetSetting<'administration.port'>()
  const isHere = hasDesktop()
  return (
    <>
      <SwitchSetting
        label="Administrators may sign in to these pages on other devices"
        hint={
          isHere
            ? 'They can then do there what you can do here, but for choosing programs and folders of this computer. Always encrypted, with an address of its own, and only while sharing is on.'
            : 'Only the window on the computer itself changes this.'
        }
        checked={change.isPending ? change.variables.value : on}
        disabled={!isHere}
        error={change.error}
        onChange={(value) => change.mutate({ name: 'administration.on', value })}
      />
      {on && problem !== null && (
        <div className={styles.notice}>
          <Notice tone="attention" announce>
            {problem}
          </Notice>
        </div>
      )}
      {on && (
        <ul className={styles.list}>
          {urls.map((url) => (
            <li key={url} className={styles.row}>
              <div>
                {/* Nothing is answered there without encryption, so it is typed whole. */}
                <p className={styles.address}>{url.replace(/\/$/, '')}</p>
                <p className="quiet small">{describeUrl(url)}</p>
              </div>
              <CopyButton text={url} label="Copy" />
            </li>
          ))}
        </ul>
      )}
      {on && isHere && (
        <NumberSetting
          label="Port"
          hint="The number at the end of the address."
          value={port}
          min={1}
          max={65_535}
          busy={changePort.isPending}
          error={changePort.error}
          onSave={(value) => changePort.mutate({ name: 'administration.port', value })}
        />
      )}
    </>
  )
}

const describeUrl = (url: string): string =>
  new URL(url).hostname === '127.0.0.1' ? 'On this computer' : 'For administrators on other devices'
