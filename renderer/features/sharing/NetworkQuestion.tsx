import { Button } from '@mantine/core'
import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { networkQuestion, restingWords } from './reachWords.ts'
import { useAnswerNetwork } from './sharingQueries.ts'

/** On a network that nobody agreed to: sharing rests, and whether to share here, too. */
export function NetworkQuestion({ pause }: { readonly pause: NonNullable<Sharing['pause']> }) {
  const answer = useAnswerNetwork()
  const { network, asks } = pause
  const share = (value: boolean) => () => answer.mutate({ network: network.id, share: value })
  return (
    <Notice
      tone={asks ? 'attention' : 'plain'}
      announce
      actions={
        <>
          {asks && (
            <Button variant="default" loading={answer.isPending && !answer.variables.share} onClick={share(false)}>
              Not here
            </Button>
          )}
          <Button
            variant={asks ? 'filled' : 'default'}
            loading={answer.isPending && answer.variables.share}
            onClick={share(true)}
          >
            {asks ? 'Share' : 'Share here'}
          </Button>
        </>
      }
    >
      {asks ? networkQuestion(network) : restingWords(network)}
      <Refusal error={answer.error} />
    </Notice>
  )
}
