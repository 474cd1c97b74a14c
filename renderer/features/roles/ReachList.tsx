import { IconAlertTriangle, IconArrowRight, IconShieldCheck } from '@tabler/icons-react'
import type { ReachSentence } from './reachWords.ts'
import styles from './Roles.module.css'

const icons = { plain: IconArrowRight, good: IconShieldCheck, attention: IconAlertTriangle } as const
const toneWords = { plain: '', good: 'Kept out: ', attention: 'Look at this: ' } as const

/** Sentences about what is reached, each with a shape beside its colour; what stands behind one is folded away. */
export function ReachList({ sentences }: { readonly sentences: readonly ReachSentence[] }) {
  return (
    <ul className={styles.list}>
      {sentences.map((sentence) => (
        <ReachItem key={sentence.text} sentence={sentence} />
      ))}
    </ul>
  )
}

function ReachItem({ sentence: { tone, text, details = [] } }: { readonly sentence: ReachSentence }) {
  const Icon = icons[tone]
  return (
    <li className={styles.item} data-tone={tone}>
      <Icon size={18} aria-hidden />
      <div className={styles.words}>
        <span className="visuallyHidden">{toneWords[tone]}</span>
        {text}
        {details.length > 0 && (
          <details>
            <summary className="small">{details.length === 1 ? 'Which' : `Which ${details.length}`}</summary>
            <ul className="small" tabIndex={0} aria-label={text}>
              {details.map((detail) => (
                <li key={detail}>{detail}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  )
}
