import type { Sharing } from '../../../proxy/contract/sharing.ts'
import type { Comfyui } from '../../../proxy/contract/comfyui.ts'
import { count, joinNames } from '../../words/names.ts'
import { chosenEngine } from '../comfyui/engineWords.ts'

const namedPeople = 8

/** "3 people can come in: Mia, Leo, Tom. Nobody else."; while the switch is off, "Once on, 3 people …". */
export function whoCanComeIn(people: readonly string[], on: boolean): string {
  if (people.length === 0) return 'Nobody can come in yet.'
  const named = people.slice(0, namedPeople).join(', ')
  const more = people.length - namedPeople
  const names = more > 0 ? `${named} and ${more} more` : named
  return `${on ? '' : 'Once on, '}${count(people.length, 'person', 'people')} can come in: ${names}. Nobody else.`
}

/** What to know before the switch goes on, and while it is. */
export function sharingFacts(sharing: Pick<Sharing, 'encrypted'>): { title: string; text: string }[] {
  const facts = [
    {
      title: 'People do not see each other’s pictures and jobs.',
      text: 'A ComfyUI that cannot keep them apart is not shared. Custom nodes are refused other people’s folders, but one that means harm gets around that: use ones you trust.',
    },
  ]
  if (sharing.encrypted) {
    const warning = 'The first visit shows a warning. That is normal here.'
    return [{ title: warning, text: 'The page behind the code says why, and what to do.' }, ...facts]
  }
  return [
    {
      title: 'Not encrypted yet.',
      text: 'Fine at home. In a café, hotel or school others in the network could read along.',
    },
    ...facts,
  ]
}

/** The word beside the switch. */
export function switchWords({ on, pause }: Pick<Sharing, 'on' | 'pause'>): string {
  if (!on) return 'Off'
  return pause === null ? 'On' : 'On, but resting here'
}

/** The sentence after the switch went off. */
export const afterSharing = 'Everyone was disconnected; your own window goes on.'

/** The page's title: the answer to "is it running, and who can get in?" */
export function homeHeadline(
  { state, choice }: Pick<Comfyui, 'state' | 'choice'>,
  sharing: Pick<Sharing, 'on' | 'people' | 'pause'> | undefined,
): string {
  const name = chosenEngine(choice)
  if (state.kind === 'failed' || state.kind === 'backingOff') return `${name.start} needs a look`
  if (state.kind === 'starting') return `${name.start} is starting`
  if (state.kind === 'stopping') return `${name.start} is stopping`
  const shared = sharing?.on === true
  if (state.kind === 'stopped') return shared ? `Sharing is on, ${name.inside} is not` : 'Everything is off'
  if (!shared) return 'Running, for you only'
  if (sharing.pause !== null) return 'Running, sharing rests on this network'
  const { people } = sharing
  return people.length > 0 && people.length <= 3 ? `Open for ${joinNames(people)}` : `Open for ${people.length} people`
}

/**
 * "192.168.1.20:8190": what one types into a phone. Without encryption's `https`, which would bring up the browser's own
 * warning first: what is typed like this meets the page that explains it.
 */
export function toTypedAddress(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '')
}
