import { useNavigate } from '@tanstack/react-router'
import { findOpenUrl } from '../../../proxy/contract/sharing.ts'
import { hasDesktop, invokeDesktop } from '../../desktop/desktop.ts'
import { copyText } from '../../components/copyText.ts'
import { useComfyui, useEngineCommand } from '../comfyui/comfyuiQueries.ts'
import { isEngineWanted } from '../comfyui/engineWords.ts'
import { usePeople } from '../people/peopleQueries.ts'
import { useSetSharing, useSharing } from '../sharing/sharingQueries.ts'
import type { Command } from './findCommands.ts'

/** A page of the window, as the palette names it. */
export interface PalettePage {
  readonly path: string
  readonly title: string
}

/** What can be done right now: no command that the state forbids. */
export function useCommands(pages: readonly PalettePage[]): Command[] {
  return [...useActions(), ...usePageCommands(pages), ...usePeopleCommands()]
}

function useActions(): Command[] {
  const navigate = useNavigate()
  const state = useComfyui().data?.state
  const sharing = useSharing().data
  const engine = useEngineCommand()
  const setSharing = useSetSharing()
  const commands: Command[] = [
    {
      id: 'invite',
      title: 'Invite somebody',
      hint: '',
      run: () => void navigate({ to: '/people', search: { invite: true } }),
    },
    {
      id: 'add-person',
      title: 'Add a person',
      hint: '',
      run: () => void navigate({ to: '/people', search: { add: true } }),
    },
    {
      id: 'publish',
      title: 'Publish a workflow',
      hint: '',
      run: () => void navigate({ to: '/workflows', search: { publish: true } }),
    },
    { id: 'new-key', title: 'New key', hint: '', run: () => void navigate({ to: '/keys', search: { new: true } }) },
  ]
  if (state?.kind === 'ready' && hasDesktop()) {
    commands.unshift({ id: 'open', title: 'Open ComfyUI', hint: '', run: () => void invokeDesktop('comfyui:open') })
  }
  if (state !== undefined && state.kind !== 'stopping') {
    const wanted = isEngineWanted(state)
    commands.push({
      id: 'engine',
      title: wanted ? 'Stop ComfyUI' : 'Start ComfyUI',
      hint: '',
      run: () => engine.mutate(wanted ? 'stop' : 'start'),
    })
  }
  if (state?.kind === 'ready') {
    commands.push({ id: 'restart', title: 'Restart ComfyUI', hint: '', run: () => engine.mutate('restart') })
  }
  // From another device it would end these very pages, so the page asks first.
  if (sharing !== undefined && (sharing.on ? hasDesktop() : sharing.people.length > 0)) {
    commands.push({
      id: 'sharing',
      title: sharing.on ? 'Switch sharing off' : 'Switch sharing on',
      hint: '',
      run: () => setSharing.mutate(!sharing.on),
    })
  }
  const url = sharing?.on === true ? findOpenUrl(sharing) : null
  if (url !== null) {
    commands.push({ id: 'copy', title: 'Copy the address', hint: '', run: () => void copyText(url) })
  }
  if (hasDesktop()) {
    commands.push({ id: 'quit', title: 'Quit Gatehouse', hint: '', run: () => void invokeDesktop('desktop:quit') })
  }
  return commands
}

function usePageCommands(pages: readonly PalettePage[]): Command[] {
  const navigate = useNavigate()
  return pages.map(({ path, title }) => ({
    id: `page-${path}`,
    title,
    hint: 'Page',
    run: () => void navigate({ to: path }),
  }))
}

function usePeopleCommands(): Command[] {
  const navigate = useNavigate()
  const people = usePeople().data ?? []
  return people.map((person) => ({
    id: `person-${person.id}`,
    title: person.name,
    hint: 'Person',
    run: () => void navigate({ to: '/people', search: { person: person.id } }),
  }))
}
