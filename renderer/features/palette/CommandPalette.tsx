import { Modal } from '@mantine/core'
import { useEffect, useId, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { useFocusReturn } from '../../components/useFocusReturn.ts'
import { findCommands } from './findCommands.ts'
import type { Command } from './findCommands.ts'
import styles from './CommandPalette.module.css'
import { useCommands } from './useCommands.ts'
import type { PalettePage } from './useCommands.ts'

/** Rows drawn at most: a class of a thousand is found by typing, not by scrolling. */
const maxShown = 50

interface CommandPaletteProps {
  readonly pages: readonly PalettePage[]
  readonly onClose: () => void
}

/** Every page, person and action of the window, found by typing. Arrows move, Enter does it. */
export function CommandPalette({ pages, onClose }: CommandPaletteProps) {
  useFocusReturn()
  const [search, setSearch] = useState('')
  const [active, setActive] = useState(0)
  const found = findCommands(useCommands(pages), search)
  const commands = found.slice(0, maxShown)
  const listId = useId()
  const chosen = commands[Math.min(active, commands.length - 1)]
  const run = (command: Command | undefined) => {
    if (command === undefined) return
    onClose()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive((active + 1) % Math.max(1, commands.length))
    else if (event.key === 'ArrowUp') setActive((active + commands.length - 1) % Math.max(1, commands.length))
    else if (event.key === 'Enter') run(chosen)
    else return
    event.preventDefault()
  }
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      size={560}
      yOffset="14vh"
      padding={0}
      title="Find or do"
      classNames={{ content: styles.content ?? '', header: 'visuallyHidden' }}
    >
      <input
        className={styles.input}
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={chosen === undefined ? undefined : `${listId}-${chosen.id}`}
        aria-label="Find a page, a person or an action"
        placeholder="Find a page, a person or an action"
        value={search}
        onChange={(event) => {
          setSearch(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={listId} role="listbox" aria-label="Found" className={styles.list}>
        {commands.map((command) => (
          <Option
            key={command.id}
            id={`${listId}-${command.id}`}
            command={command}
            active={command === chosen}
            onChoose={() => run(command)}
          />
        ))}
      </ul>
      {found.length > maxShown && (
        <p className={styles.empty}>{found.length - maxShown} more. Type a part of the name.</p>
      )}
      {commands.length === 0 && <p className={styles.empty}>Nothing is called “{search.trim()}”.</p>}
    </Modal>
  )
}

interface OptionProps {
  readonly id: string
  readonly command: Command
  readonly active: boolean
  readonly onChoose: () => void
}

function Option({ id, command, active, onChoose }: OptionProps) {
  const element = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (active) element.current?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <li ref={element} id={id} role="option" aria-selected={active} className={styles.option} onClick={onChoose}>
      <span>{command.title}</span>
      <span className="quiet small">{command.hint}</span>
    </li>
  )
}
