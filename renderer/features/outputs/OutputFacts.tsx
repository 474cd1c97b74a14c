import type { ReactNode } from 'react'
import type { Output, OutputDetails } from '../../../proxy/contract/outputs.ts'
import { TimeAgo, TimeLeft } from '../../components/TimeAgo.tsx'
import styles from './OutputViewer.module.css'
import { describeSize } from './outputWords.ts'

interface OutputFactsProps {
  readonly output: Output
  readonly madeWith: OutputDetails['madeWith'] | undefined
  readonly withPerson: boolean
}

/** Who, when, how large, and how it was made. */
export function OutputFacts({ output, madeWith, withPerson }: OutputFactsProps) {
  return (
    <dl className={styles.facts}>
      {withPerson && <Fact label="By">{output.user.name}</Fact>}
      <Fact label="Made">
        <TimeAgo at={output.madeAt} />
      </Fact>
      <Fact label="Size">{describeSize(output)}</Fact>
      {output.subfolder !== '' && <Fact label="Folder">{output.subfolder}</Fact>}
      {output.expiresAt !== null && !output.keep && (
        <Fact label="Cleared away">
          <TimeLeft at={output.expiresAt} />, unless you keep it
        </Fact>
      )}
      {madeWith?.map(({ label, value }, place) => (
        <Fact key={`${place} ${label}`} label={label}>
          {value}
        </Fact>
      ))}
    </dl>
  )
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}
