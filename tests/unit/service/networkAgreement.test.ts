import { describe, expect, it } from 'vitest'
import type { Network } from '../../../proxy/contract/sharing.ts'
import { NetworkAgreement } from '../../../service/networkAgreement.ts'

const nowhere: Network = { id: 'isolated:169.254.0.0/16', name: 'without a router' }
const home: Network = { id: 'router:a4:2b:b0:00:00:01', name: 'Ours' }

function open(before: readonly Network[] = []) {
  const remembered = [...before]
  const agreement = new NetworkAgreement({
    list: () => remembered,
    add: (network) => {
      remembered.push(network)
      return Promise.resolve()
    },
    isForRun: false,
  })
  return { agreement, remembered }
}

describe('a yes to addresses that are the same everywhere', () => {
  it.each([
    ['answered', (agreement: NetworkAgreement) => agreement.answer(nowhere, true)],
    ['by switching on', (agreement: NetworkAgreement) => agreement.agreeToFirst(nowhere)],
  ])('is not remembered: %s', async (_how, agree) => {
    const { agreement, remembered } = open()
    await agree(agreement)
    expect(agreement.findPause(nowhere)).toBeNull()
    expect(remembered).toEqual([])
  })

  it.each([
    ['another network', home],
    ['no network', undefined],
  ] as const)('ends with %s', async (_what, between) => {
    const { agreement } = open([home])
    await agreement.answer(nowhere, true)
    expect(agreement.findPause(between)).toBeNull()
    expect(agreement.findPause(nowhere)).toEqual({ network: nowhere, asks: true })
  })

  it('that an earlier version remembered counts no more', () => {
    expect(open([nowhere]).agreement.findPause(nowhere)).toEqual({ network: nowhere, asks: true })
  })
})
