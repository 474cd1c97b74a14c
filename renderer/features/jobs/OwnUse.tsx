import { useJobUse } from './jobQueries.ts'
import { limitWords, toTimeOfDay } from './jobWords.ts'

/** What one has used of one's limits today; nothing where there is none. */
export function OwnUse() {
  const use = useJobUse()
  if (use.data === undefined) return null
  const words = limitWords(use.data)
  if (words.length === 0) return <p className="quiet">No daily limits.</p>
  const isDaily = use.data.limits.jobsPerDay !== null || use.data.limits.gpuMinutesPerDay !== null
  return (
    <>
      <ul className="numbers">
        {words.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {isDaily && (
        <p className="quiet small">{`What counts for today starts again at ${toTimeOfDay(Date.parse(use.data.resetsAt))}.`}</p>
      )}
    </>
  )
}
