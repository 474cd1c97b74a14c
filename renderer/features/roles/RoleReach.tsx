import { Button } from '@mantine/core'
import type { ProbeResult, RoleDraft } from '../../../proxy/contract/reach.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Section.tsx'
import { probeSentences } from './probeWords.ts'
import { ReachList } from './ReachList.tsx'
import { describeReach } from './reachWords.ts'
import { useMarkSeen, usePreview, useProbe } from './roleQueries.ts'
import { aRole, roleTitle } from './roleWords.ts'
import styles from './Roles.module.css'

interface RoleReachProps {
  readonly role: RoleAnswer
  /** As if this had been saved. */
  readonly draft: RoleDraft | undefined
}

/** What somebody with the role reaches on this ComfyUI: in words, and tried out. */
export function RoleReach({ role, draft }: RoleReachProps) {
  const preview = usePreview(role.id, draft)
  const who = aRole(roleTitle(role))
  return (
    <>
      {preview.isPending && <LoadingRows rows={7} rowHeight={42} />}
      {preview.isError && (
        <ErrorState
          what="What this role reaches could not be found out."
          error={preview.error}
          onRetry={() => void preview.refetch()}
        />
      )}
      {preview.data !== undefined && (
        <Section
          title={`What ${who} reaches here`}
          hint={
            draft === undefined ? 'With the ComfyUI, the nodes and the models of today.' : 'As if you had saved it.'
          }
        >
          <ReachList sentences={describeReach(preview.data.reach)} />
        </Section>
      )}
      <Probe role={role} draft={draft} />
    </>
  )
}

function Probe({ role, draft }: RoleReachProps) {
  const probe = useProbe(role.id)
  const title = roleTitle(role)
  return (
    <Section
      title="Try it out"
      hint={`Gatehouse lets in somebody made up, with the role ${title}, asks for every address it knows of, and looks whether the answer is what was decided. Nothing is changed, and it takes a few seconds.`}
      action={
        <Button loading={probe.isPending} onClick={() => probe.mutate(draft)}>
          {probe.data === undefined ? 'Try it out' : 'Try it again'}
        </Button>
      }
    >
      <Refusal error={probe.error} />
      {probe.data !== undefined && <Probed result={probe.data} />}
    </Section>
  )
}

function Probed({ result }: { readonly result: ProbeResult }) {
  const seen = useMarkSeen()
  const { verdict, sentences } = probeSentences(result)
  return (
    <div className={styles.stack}>
      <Notice tone={verdict.tone} announce>
        {verdict.text}
      </Notice>
      <ReachList sentences={sentences} />
      {result.unseenRoutes.length > 0 && !seen.isSuccess && (
        <div>
          <Button
            variant="default"
            loading={seen.isPending}
            onClick={() => seen.mutate({ routes: result.unseenRoutes.map(({ method, path }) => ({ method, path })) })}
          >
            I have seen the new addresses
          </Button>
          <Refusal error={seen.error} />
        </div>
      )}
    </div>
  )
}
