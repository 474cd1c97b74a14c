import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'

/** Lists shorter than this are read faster than searched. */
export const searchFrom = 8

interface SearchFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** What is found, said where it was typed. */
  readonly found: number
  readonly total: number
}

/** Narrows a list while one types; Esc empties it. */
export function SearchField({ label, value, onChange, found, total }: SearchFieldProps) {
  return (
    <div>
      <TextInput
        type="search"
        aria-label={label}
        placeholder={label}
        leftSection={<IconSearch size={16} aria-hidden />}
        rightSection={value.trim() !== '' && <span className="quiet small numbers">{`${found} of ${total}`}</span>}
        rightSectionWidth={104}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        mb={12}
      />
      <p role="status" className="visuallyHidden">
        {value.trim() === '' ? '' : `${found} of ${total}`}
      </p>
    </div>
  )
}
