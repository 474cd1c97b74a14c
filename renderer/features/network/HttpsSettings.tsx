import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Certificates } from '../../../proxy/contract/certificates.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { hasDesktop } from '../../desktop/desktop.ts'
import { SettingRow, SwitchSetting } from '../settings/SettingRow.tsx'
import { useSetSetting, useSettings } from '../settings/settingsQueries.ts'
import styles from './HttpsSection.module.css'
import { usePickCertificate, useRenewCertificate } from './certificateQueries.ts'

/** What is encrypted, with which certificate, and a new one. */
export function HttpsSettings({ certificates }: { readonly certificates: Certificates }) {
  const settings = useSettings()
  const force = useSetSetting<'https.force'>()
  const allow = useSetSetting<'https.allowWithout'>()
  if (settings.data === undefined) return null
  const isEncrypted = certificates.kind !== null
  return (
    <div>
      <SwitchSetting
        label="Only HTTPS"
        hint="Nothing is answered without it, also on this computer; browsers are led there. Scripts need the address with https://."
        checked={force.isPending ? force.variables.value : settings.data['https.force']}
        disabled={!isEncrypted && !settings.data['https.force']}
        error={force.error}
        onChange={(value) => force.mutate({ name: 'https.force', value })}
      />
      <SwitchSetting
        label="Allow signing in without HTTPS"
        hint="For an old device that cannot be told. Careful: everybody in your network can then read its password and its pictures along."
        checked={allow.isPending ? allow.variables.value : settings.data['https.allowWithout']}
        error={allow.error}
        onChange={(value) => allow.mutate({ name: 'https.allowWithout', value })}
      />
      <WhichCertificate certificates={certificates} />
      {certificates.kind !== null && certificates.kind !== 'own' && <Renewal certificates={certificates} />}
    </div>
  )
}

const modeWords: Readonly<Record<Certificates['mode'], string>> = {
  auto: 'Made on this computer, and made anew by itself when an address changes.',
  own: 'Your own, from two files. They are read again when they change.',
  off: 'None: encryption is switched off.',
}

function WhichCertificate({ certificates: { mode } }: { readonly certificates: Certificates }) {
  const pick = usePickCertificate()
  const change = useSetSetting<'https.mode'>()
  const isHere = hasDesktop()
  return (
    <SettingRow
      label="Certificate"
      hint={isHere ? modeWords[mode] : `${modeWords[mode]} Only the window on the computer itself changes this.`}
      error={pick.error ?? change.error}
    >
      {isHere && (
        <div className={styles.buttons}>
          {mode !== 'auto' && (
            <Button
              variant="default"
              loading={change.isPending}
              onClick={() => change.mutate({ name: 'https.mode', value: 'auto' })}
            >
              Use one made here
            </Button>
          )}
          <Button variant="default" loading={pick.isPending} onClick={() => pick.mutate()}>
            {mode === 'own' ? 'Choose other files' : 'Use my own'}
          </Button>
        </div>
      )}
    </SettingRow>
  )
}

function Renewal({ certificates: { authority } }: { readonly certificates: Certificates }) {
  const renew = useRenewCertificate()
  const [isAsking, setAsking] = useState(false)
  const close = () => {
    setAsking(false)
    renew.reset()
  }
  return (
    <>
      <SettingRow
        label="Make it anew"
        hint={
          authority === null
            ? 'Browsers then warn once more.'
            : 'The certificate alone changes nothing for phones. A new authority is for a new name of this computer, or when somebody else was at it.'
        }
        error={isAsking ? undefined : renew.error}
      >
        <div className={styles.buttons}>
          <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate('certificate')}>
            New certificate
          </Button>
          {authority !== null && (
            <Button variant="default" onClick={() => setAsking(true)}>
              New authority
            </Button>
          )}
        </div>
      </SettingRow>
      {isAsking && (
        <ConfirmDialog
          title="Make a new authority?"
          action="Make a new authority"
          busy={renew.isPending}
          error={renew.error}
          onConfirm={() => renew.mutate('authority', { onSuccess: close })}
          onClose={close}
        >
          <p>
            Every phone and computer that trusts this PC warns again until it is told once more. Remove the old one
            there: the page behind the code says how. Nobody is signed out, and no picture is touched.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}
