import { Button, Tabs } from '@mantine/core'
import { IconChevronLeft, IconCopy } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Person } from '../../../proxy/contract/accounts.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { PageHeader } from '../../components/PageHeader.tsx'
import { RemoveRoleDialog, RenameRoleDialog } from './RoleDialogs.tsx'
import { findChanges, toEdited } from './roleDraft.ts'
import { RoleModels } from './RoleModels.tsx'
import { RoleNodes } from './RoleNodes.tsx'
import type { RolePart } from './roleParts.ts'
import { findPart, partsOf } from './roleParts.ts'
import { RolePermissions } from './RolePermissions.tsx'
import { RoleReach } from './RoleReach.tsx'
import { roleMeaning, roleTitle, stillUsedWords } from './roleWords.ts'
import { SaveRoleDialog } from './SaveRoleDialog.tsx'
import styles from './Roles.module.css'

interface RoleDetailsProps {
  readonly role: RoleAnswer
  readonly part: RolePart
  /** Who has it. */
  readonly people: readonly Person[]
  readonly onPart: (part: RolePart) => void
  readonly onCopy: () => void
  readonly onGone: () => void
}

/** One role: what it may do, with which models and nodes, and what comes of it. What is changed is saved as a whole. */
export function RoleDetails({ role, part, people, onPart, onCopy, onGone }: RoleDetailsProps) {
  const [edited, setEdited] = useState(() => toEdited(role))
  const [saving, setSaving] = useState(false)
  const draft = findChanges(role, edited)
  const shown = findPart(role, part)
  return (
    <>
      <Link to="/roles" className={styles.back}>
        <IconChevronLeft size={16} aria-hidden />
        All roles
      </Link>
      <PageHeader
        title={roleTitle(role)}
        actions={
          <Button variant="default" leftSection={<IconCopy size={16} aria-hidden />} onClick={onCopy}>
            Copy this role
          </Button>
        }
      >
        {roleMeaning(role)}
      </PageHeader>
      {!role.builtIn && <OwnRoleActions role={role} people={people} onGone={onGone} />}
      <Tabs value={shown} onChange={(value) => onPart(findPart(role, value ?? 'may'))} keepMounted={false}>
        <Tabs.List className={styles.tabs} aria-label="About this role">
          {partsOf(role).map(({ name, title }) => (
            <Tabs.Tab key={name} value={name}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="may">
          <RolePermissions role={role} edited={edited} onEdit={setEdited} onCopy={onCopy} />
        </Tabs.Panel>
        <Tabs.Panel value="models">
          <RoleModels edited={edited} onEdit={setEdited} />
        </Tabs.Panel>
        <Tabs.Panel value="nodes">
          <RoleNodes role={role} />
        </Tabs.Panel>
        <Tabs.Panel value="reach">
          <RoleReach role={role} draft={draft} />
        </Tabs.Panel>
      </Tabs>
      {draft !== undefined && (
        <div className={styles.bar} role="status">
          <span>Not saved yet.</span>
          <Button variant="default" onClick={() => setEdited(toEdited(role))}>
            Put it back
          </Button>
          <Button onClick={() => setSaving(true)}>See what changes, and save</Button>
        </div>
      )}
      {saving && draft !== undefined && (
        <SaveRoleDialog role={role} draft={draft} onSaved={() => setSaving(false)} onClose={() => setSaving(false)} />
      )}
    </>
  )
}

function OwnRoleActions({ role, people, onGone }: Pick<RoleDetailsProps, 'role' | 'people' | 'onGone'>) {
  const [dialog, setDialog] = useState<'rename' | 'remove'>()
  const close = () => setDialog(undefined)
  return (
    <div className={styles.filters}>
      <Button variant="default" size="xs" onClick={() => setDialog('rename')}>
        Rename
      </Button>
      <Button variant="light" color="red" size="xs" disabled={role.people > 0} onClick={() => setDialog('remove')}>
        Remove
      </Button>
      {people.length > 0 && <span className="quiet small">{stillUsedWords(people.map(({ name }) => name))}</span>}
      {dialog === 'rename' && <RenameRoleDialog role={role} onClose={close} />}
      {dialog === 'remove' && <RemoveRoleDialog role={role} onClose={close} onGone={onGone} />}
    </div>
  )
}
