import type { ProbeMismatch, ProbeResult } from '../../../proxy/contract/reach.ts'
import type { NoticeTone } from '../../components/Notice.tsx'
import { count } from '../../words/names.ts'
import { folderTitle, packName } from './reachWords.ts'
import type { ReachSentence } from './reachWords.ts'

interface ProbeWords {
  readonly verdict: { readonly tone: NoticeTone; readonly text: string }
  readonly sentences: readonly ReachSentence[]
}

/** What was tried and what came of it. Whatever was not as decided comes first and by name. */
export function probeSentences(result: ProbeResult): ProbeWords {
  const { refused, let: passed, notSent, left, mismatches, wrongModels, unseenRoutes, tookMs } = result
  const wrong = mismatches.length + wrongModels.length
  const sent = refused + passed
  const took = `${(tookMs / 1000).toFixed(1)} seconds`
  const verdict =
    wrong === 0
      ? { tone: 'good' as const, text: `All ${sent} answers were what was decided. It took ${took}.` }
      : {
          tone: 'problem' as const,
          text: `${count(wrong, 'answer')} of ${sent + wrong} ${wrong === 1 ? 'was' : 'were'} not what was decided. Please report it, and switch sharing off until it is mended if one of them should have been refused.`,
        }
  const sentences: ReachSentence[] = []
  if (mismatches.length > 0) {
    sentences.push({ tone: 'attention', text: 'Not as decided', details: mismatches.map(mismatchWords) })
  }
  for (const { folder, names } of wrongModels) {
    sentences.push({
      tone: 'attention',
      text: `ComfyUI shows other ${folderTitle(folder)} than the rules say.`,
      details: names,
    })
  }
  sentences.push({ tone: 'good', text: `${count(refused, 'request')} refused, as decided.` })
  sentences.push({ tone: 'plain', text: `${count(passed, 'request')} answered, as decided.` })
  if (notSent > 0) {
    sentences.push({
      tone: 'plain',
      text: `${count(notSent, 'request')} not sent: they are allowed, and would change something or keep ComfyUI busy.`,
    })
  }
  if (left > 0) sentences.push({ tone: 'attention', text: `${count(left, 'request')} not sent for want of time.` })
  if (unseenRoutes.length > 0) {
    sentences.push({
      tone: 'attention',
      text: `${count(unseenRoutes.length, 'address', 'addresses')} came since you last looked, for administrators only.`,
      details: unseenRoutes.map(({ method, path, pack }) => `${method} ${path} (${packName(pack)})`),
    })
  }
  return { verdict, sentences }
}

const statusWords = (status: number | null): string => (status === null ? 'no answer' : String(status))

const mismatchWords = ({ method, path, expected, seen }: ProbeMismatch): string =>
  expected === null
    ? `${method} ${path}: should be open, came back as ${statusWords(seen)}`
    : `${method} ${path}: should be refused with ${expected}, came back as ${statusWords(seen)}`
