import { useId } from 'react'

export type GateMarkState =
  | { readonly kind: 'stopped' | 'running' | 'sharing' | 'attention' }
  | { readonly kind: 'starting'; readonly fraction: number }

interface GateMarkProps {
  readonly state: GateMarkState
  readonly size: number
}

const wall = 'M6 35V18a14 14 0 0 1 28 0v17H28V19a8 8 0 0 0-16 0v16Z'

/** The gate as in the tray: outline is stopped, filled is running, two dots inside are the people let in. */
export function GateMark({ state, size }: GateMarkProps) {
  const clip = useId()
  const filled = state.kind === 'running' || state.kind === 'sharing'
  const fraction = state.kind === 'starting' ? Math.min(1, Math.max(0.08, state.fraction)) : 0
  return (
    <svg width={size} height={size} viewBox="0 0 40 40" aria-hidden="true" focusable="false">
      <path
        d={wall}
        fill={filled ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="2"
        strokeLinejoin="round"
      />
      {state.kind === 'starting' && (
        <>
          <clipPath id={clip}>
            <rect x="0" y={36 - 33 * fraction} width="40" height="40" />
          </clipPath>
          <path d={wall} fill="currentColor" clipPath={`url(#${clip})`} />
        </>
      )}
      {state.kind === 'sharing' && (
        <>
          <circle cx="17" cy="31.5" r="2.6" fill="currentColor" />
          <circle cx="23" cy="31.5" r="2.6" fill="currentColor" />
        </>
      )}
      {state.kind === 'attention' && (
        <>
          <rect x="18.6" y="19" width="2.8" height="9" rx="1.4" fill="currentColor" />
          <circle cx="20" cy="32" r="1.8" fill="currentColor" />
        </>
      )}
    </svg>
  )
}
