import type { Certificates } from '../../../proxy/contract/certificates.ts'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Notice } from '../../components/Notice.tsx'
import { QrCode } from '../../components/QrCode.tsx'
import { Section } from '../../components/Section.tsx'
import { StateWord } from '../../components/StateWord.tsx'
import { useSharing } from '../sharing/sharingQueries.ts'
import { describeEncryption, toLines } from './certificateWords.ts'
import { useCertificates } from './certificateQueries.ts'
import { HttpsSettings } from './HttpsSettings.tsx'
import styles from './HttpsSection.module.css'

/** Whether connections are encrypted, and how a phone comes to trust this computer. */
export function HttpsSection() {
  const certificates = useCertificates()
  return (
    <Section title="HTTPS">
      {certificates.isPending && <LoadingRows rows={3} rowHeight={64} />}
      {certificates.isError && (
        <ErrorState
          what="The certificate could not be read."
          error={certificates.error}
          onRetry={() => void certificates.refetch()}
        />
      )}
      {certificates.data !== undefined && (
        <div className={styles.root}>
          <State certificates={certificates.data} />
          <Trust certificates={certificates.data} />
          <HttpsSettings certificates={certificates.data} />
        </div>
      )}
    </Section>
  )
}

function State({ certificates }: { readonly certificates: Certificates }) {
  const { tone, word, words } = describeEncryption(certificates)
  const { problem, notice, missing, kind } = certificates
  return (
    <>
      <p>
        <StateWord tone={tone}>{word}</StateWord> {words}
      </p>
      {problem !== null && (
        <Notice tone="attention" announce>
          {problem}
        </Notice>
      )}
      {notice !== null && <Notice tone="attention">{notice}</Notice>}
      {missing.length > 0 && (
        <p className="quiet small">
          {kind === 'own'
            ? `Your certificate does not name ${missing.join(', ')}: browsers warn there.`
            : `Not named by the certificate, so browsers warn there: ${missing.join(', ')}.`}
        </p>
      )}
    </>
  )
}

/** What a phone compares, and where it is told. */
function Trust({ certificates }: { readonly certificates: Certificates }) {
  const sharing = useSharing()
  const { authority, certificate, publiclyTrusted } = certificates
  const fingerprint = (authority ?? certificate)?.fingerprint
  if (fingerprint === undefined || publiclyTrusted) return null
  const codeUrl = sharing.data?.codeUrl ?? null
  return (
    <div className={styles.trust}>
      {codeUrl !== null && (
        <QrCode text={codeUrl} label="QR code of the page on which a phone is told to trust this PC" />
      )}
      <div>
        {codeUrl !== null && (
          <p className="quiet">Scan it with the phone: the page says what to press, with pictures.</p>
        )}
        <p>The phone shows these four words. If it shows others, it talks to another computer.</p>
        <p className={styles.words}>
          {fingerprint.words.map((word) => (
            <span key={word}>{word}</span>
          ))}
        </p>
        <details className={styles.details}>
          <summary>To be quite sure: the whole fingerprint</summary>
          <p className="quiet small">
            Whoever controls the network could show the phone these words too, but not these digits in the phone’s own
            settings. SHA-256:
          </p>
          {toLines(fingerprint.hex).map((line) => (
            <p key={line} className={styles.digits}>
              {line}
            </p>
          ))}
        </details>
        {authority !== null && (
          <p className={`quiet small ${styles.names ?? ''}`}>
            What phones trust can vouch for {authority.names.join(', ')} and addresses at home, for no other site, until{' '}
            {new Date(authority.endsAt).toLocaleDateString()}. Its key is in your keychain only.
          </p>
        )}
      </div>
    </div>
  )
}
