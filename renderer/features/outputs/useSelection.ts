import { useMemo, useState } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'

export interface Selection {
  /** Whether a click chooses instead of opening. */
  readonly isOn: boolean
  readonly chosen: ReadonlySet<string>
  /** The chosen ones that are still in the list, in its order. */
  readonly outputs: readonly Output[]
  readonly start: () => void
  readonly clear: () => void
  readonly toggle: (index: number) => void
  /** From the last one that was chosen to this one. */
  readonly extendTo: (index: number) => void
  /** Both and all between them, as Shift with an arrow key does. */
  readonly extendBetween: (one: number, other: number) => void
  readonly chooseAll: () => void
}

interface SelectionState {
  readonly isOn: boolean
  readonly chosen: ReadonlySet<string>
  readonly anchor: string | undefined
}

const nothing: SelectionState = { isOn: false, chosen: new Set(), anchor: undefined }

/** The ids from one place to another, whichever comes first. */
export function idsBetween(outputs: readonly Output[], one: number, other: number): string[] {
  return outputs.slice(Math.min(one, other), Math.max(one, other) + 1).map(({ id }) => id)
}

const add = (old: SelectionState, ids: readonly string[]): SelectionState => ({
  ...old,
  isOn: true,
  chosen: new Set([...old.chosen, ...ids]),
})

/** Which pictures are chosen, for what is done with several. */
export function useSelection(outputs: readonly Output[]): Selection {
  const [state, setState] = useState(nothing)
  return useMemo(() => {
    const choose = (old: SelectionState, index: number): SelectionState => {
      const id = outputs[index]?.id
      if (id === undefined) return old
      const chosen = new Set(old.chosen)
      if (!chosen.delete(id)) chosen.add(id)
      return { isOn: true, chosen, anchor: id }
    }
    const extend = (old: SelectionState, index: number): SelectionState => {
      const from = outputs.findIndex(({ id }) => id === old.anchor)
      return from === -1 ? choose(old, index) : add(old, idsBetween(outputs, from, index))
    }
    return {
      isOn: state.isOn,
      chosen: state.chosen,
      outputs: state.isOn ? outputs.filter(({ id }) => state.chosen.has(id)) : [],
      start: () => setState((old) => add(old, [])),
      clear: () => setState(nothing),
      toggle: (index) => setState((old) => choose(old, index)),
      extendTo: (index) => setState((old) => extend(old, index)),
      extendBetween: (one, other) => setState((old) => add(old, idsBetween(outputs, one, other))),
      chooseAll: () => setState((old) => add(old, idsBetween(outputs, 0, outputs.length))),
    }
  }, [outputs, state])
}
