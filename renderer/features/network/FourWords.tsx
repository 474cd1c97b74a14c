import { useCertificates } from './certificateQueries.ts'
import styles from './HttpsSection.module.css'

/** The words that a phone shows before it is told to trust this computer, where somebody looks to compare them. */
export function FourWords() {
  const { authority, certificate, publiclyTrusted = true } = useCertificates().data ?? {}
  const fingerprint = (authority ?? certificate)?.fingerprint
  if (fingerprint === undefined || publiclyTrusted) return null
  return (
    <div>
      <p className="quiet small">The phone shows these words. If it shows others, it talks to another computer:</p>
      <p className={`${styles.words ?? ''} ${styles.near ?? ''}`}>
        {fingerprint.words.map((word) => (
          <span key={word}>{word}</span>
        ))}
      </p>
    </div>
  )
}
