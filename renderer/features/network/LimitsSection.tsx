import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Section } from '../../components/Section.tsx'
import { NumberSetting } from '../settings/SettingRow.tsx'
import { useSetSetting, useSettings } from '../settings/settingsQueries.ts'

const limits = [
  {
    name: 'limits.requestsPerMinute',
    label: 'Each person and each key',
    hint: 'Opening ComfyUI takes some 300 requests, so this is far more than anybody’s work.',
    min: 60,
  },
  {
    name: 'limits.requestsPerMinutePerAddress',
    label: 'Each device',
    hint: 'Everybody who signed in there, together.',
    min: 60,
  },
  {
    name: 'limits.strangerRequestsPerMinute',
    label: 'Each device where nobody signed in',
    hint: 'Wrong keys count here too.',
    min: 10,
  },
] as const

/** How often somebody may ask before being told to wait. */
export function LimitsSection() {
  const settings = useSettings()
  return (
    <Section title="Requests a minute" hint="Whoever sends more is told how long to wait. Nobody is blocked by this.">
      {settings.isPending && <LoadingRows rows={3} rowHeight={64} />}
      {settings.isError && (
        <ErrorState
          what="The limits could not be read."
          error={settings.error}
          onRetry={() => void settings.refetch()}
        />
      )}
      {settings.data !== undefined &&
        limits.map((limit) => <Limit key={limit.name} {...limit} value={settings.data[limit.name]} />)}
    </Section>
  )
}

interface LimitProps {
  readonly name: (typeof limits)[number]['name']
  readonly label: string
  readonly hint: string
  readonly min: number
  readonly value: number
}

function Limit({ name, label, hint, min, value }: LimitProps) {
  const change = useSetSetting<typeof name>()
  return (
    <NumberSetting
      label={label}
      hint={hint}
      value={value}
      min={min}
      max={10_000_000}
      busy={change.isPending}
      error={change.error}
      onSave={(next) => change.mutate({ name, value: next })}
    />
  )
}
