import { Button } from '@mantine/core'
import { IconCheck, IconMinus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Permission } from '../../../proxy/contract/permissions.ts'
import { roleWords } from '../../../proxy/contract/roles.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Section.tsx'
import { SettingRow, SwitchSetting } from '../settings/SettingRow.tsx'
import { togglePermission } from './roleDraft.ts'
import type { EditedRole } from './roleDraft.ts'
import { administratorsPermissions, givablePermissions, permissionHints, permissionTitles } from './roleWords.ts'
import styles from './Roles.module.css'

interface RolePermissionsProps {
  readonly role: RoleAnswer
  readonly edited: EditedRole
  readonly onEdit: (edited: EditedRole) => void
  readonly onCopy: () => void
}

/** What the role may do: switches where the owner decides, plain sentences where it comes with the program. */
export function RolePermissions({ role, edited, onEdit, onCopy }: RolePermissionsProps) {
  return (
    <>
      {role.builtIn && (
        <Notice
          tone="plain"
          actions={
            role.id !== 'administrator' && (
              <Button variant="default" onClick={onCopy}>
                Copy to change
              </Button>
            )
          }
        >
          {role.id === 'administrator'
            ? 'This role may do everything, and nothing can be taken from it: somebody has to be able to set things right.'
            : 'This role comes with Gatehouse, so what it may do stays as it is. Make a copy to change it.'}
        </Notice>
      )}
      <Section title="May">
        {role.builtIn ? (
          <PermissionList chosen={edited.permissions} listed={givablePermissions} />
        ) : (
          <PermissionSwitches edited={edited} onEdit={onEdit} />
        )}
      </Section>
      <Section
        title="For administrators only"
        hint="Whoever may do one of these can change what everybody else may do, or this computer. No other role has them."
      >
        <PermissionList chosen={edited.permissions} listed={administratorsPermissions} />
      </Section>
      <Section title="How much">
        <div>
          <SettingRow
            label="Limits for jobs"
            hint={
              role.builtIn
                ? 'How many jobs, how long, and whose turn comes how often.'
                : `As for ${roleWords[role.base].title}, of which this is a copy.`
            }
          >
            <Button variant="default" renderRoot={(props) => <Link to="/jobs" {...props} />}>
              Open the limits
            </Button>
          </SettingRow>
        </div>
      </Section>
    </>
  )
}

function PermissionSwitches({ edited, onEdit }: Pick<RolePermissionsProps, 'edited' | 'onEdit'>) {
  return (
    <div>
      {givablePermissions.map((permission) => {
        const hint = permissionHints[permission]
        return (
          <SwitchSetting
            key={permission}
            label={permissionTitles[permission]}
            {...(hint !== undefined && { hint })}
            checked={edited.permissions.includes(permission)}
            onChange={(on) => onEdit(togglePermission(edited, permission, on))}
          />
        )
      })}
    </div>
  )
}

interface PermissionListProps {
  readonly chosen: readonly Permission[]
  readonly listed: readonly Permission[]
}

function PermissionList({ chosen, listed }: PermissionListProps) {
  return (
    <ul className={styles.list}>
      {listed.map((permission) => {
        const has = chosen.includes(permission)
        const hint = permissionHints[permission]
        return (
          <li key={permission} className={styles.item} data-tone={has ? 'good' : 'plain'}>
            {has ? <IconCheck size={18} aria-hidden /> : <IconMinus size={18} aria-hidden />}
            <div className={styles.words}>
              <span className="visuallyHidden">{has ? 'Yes: ' : 'No: '}</span>
              <span className={has ? '' : 'quiet'}>{permissionTitles[permission]}</span>
              {has && hint !== undefined && <p className="quiet small">{hint}</p>}
            </div>
          </li>
        )
      })}
    </ul>
  )
}
