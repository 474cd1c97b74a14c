import { Button } from '@mantine/core'
import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Section.tsx'
import { SettingRow, SwitchSetting } from '../settings/SettingRow.tsx'
import { useSetSetting, useSettings } from '../settings/settingsQueries.ts'
import { OutsideNotice } from '../sharing/OutsideNotice.tsx'
import { NetworkQuestion } from '../sharing/NetworkQuestion.tsx'
import { FirewallCommand, ReachState } from '../sharing/ReachState.tsx'
import { useSharing } from '../sharing/sharingQueries.ts'
import { AddressList } from './AddressList.tsx'
import { NameSetting } from './NameSetting.tsx'
import styles from './ReachedSection.module.css'

/** Where this computer is reached: each address with what it is, the name, the network, the firewall. */
export function ReachedSection() {
  const sharing = useSharing()
  return (
    <Section title="Where it is reached">
      {sharing.isPending && <LoadingRows rows={3} rowHeight={56} />}
      {sharing.isError && (
        <ErrorState
          what="The addresses could not be read."
          error={sharing.error}
          onRetry={() => void sharing.refetch()}
        />
      )}
      {sharing.data !== undefined && <Reached sharing={sharing.data} />}
    </Section>
  )
}

function Reached({ sharing }: { readonly sharing: Sharing }) {
  return (
    <div className={styles.root}>
      {sharing.pause !== null && <NetworkQuestion pause={sharing.pause} />}
      {sharing.problem !== null && <Notice tone="attention">{sharing.problem}</Notice>}
      <AddressList sharing={sharing} />
      <ReachState sharing={sharing} />
      {sharing.addresses.length > 0 && <KeepTheSame />}
      <NetworkSettings sharing={sharing} />
    </div>
  )
}

/** Routers give addresses away for a while. */
function KeepTheSame() {
  return (
    <details className={styles.details}>
      <summary>The link may change after the router restarts. Keep it the same</summary>
      <ol>
        <li>Open your router’s page: its address is often 192.168.1.1 or stands on its back.</li>
        <li>
          Look for “DHCP”, “Address reservation” or “Always give this device the same address”, and choose this
          computer.
        </li>
        <li>Save. From then on the link and the code stay as they are.</li>
      </ol>
    </details>
  )
}

function NetworkSettings({ sharing }: { readonly sharing: Sharing }) {
  const settings = useSettings()
  const networks = useSetSetting<'sharing.networks'>()
  const outside = useSetSetting<'sharing.outsideHome'>()
  const { firewall, network } = sharing
  if (settings.data === undefined) return null
  const agreed = settings.data['sharing.networks']
  return (
    <div>
      <NameSetting sharing={sharing} value={settings.data['sharing.name']} />
      <SettingRow label="This computer calls itself" hint={sharing.hostName}>
        {null}
      </SettingRow>
      {firewall !== null && (
        <SettingRow label="Firewall" hint={firewall.words}>
          {firewall.command !== null && <FirewallCommand command={firewall.command} />}
        </SettingRow>
      )}
      {agreed.map(({ id, name }) => (
        <SettingRow
          key={id}
          label={`Shared on ${name}`}
          hint={network?.id === id ? 'You are here now.' : 'Sharing goes on by itself there.'}
          error={networks.error}
        >
          <Button
            variant="default"
            loading={networks.isPending}
            onClick={() =>
              networks.mutate({ name: 'sharing.networks', value: agreed.filter((entry) => entry.id !== id) })
            }
          >
            Forget
          </Button>
        </SettingRow>
      ))}
      <SwitchSetting
        label="People outside my home"
        hint="Off: only devices with a private address may connect at all."
        checked={outside.isPending ? outside.variables.value : sharing.outsideHome}
        error={outside.error}
        onChange={(value) => outside.mutate({ name: 'sharing.outsideHome', value })}
      />
      {sharing.outsideHome && <OutsideNotice />}
    </div>
  )
}
