import { Button } from '@mantine/core'
import type { ButtonProps } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { copyText } from './copyText.ts'
import type { CopyResult } from './copyText.ts'

const words: Readonly<Record<CopyResult, string>> = {
  copied: 'Copied',
  copiedForAMinute: 'Copied for 60 seconds',
  failed: 'Select it and press Ctrl+C',
}

interface CopyButtonProps extends Pick<ButtonProps, 'variant' | 'size' | 'fullWidth'> {
  readonly text: string
  readonly label?: string
  readonly secret?: boolean
}

/** Copies and says so where it was pressed. */
export function CopyButton({ text, label = 'Copy', secret = false, ...button }: CopyButtonProps) {
  const [result, setResult] = useState<CopyResult>()
  useEffect(() => {
    if (result === undefined) return undefined
    const timer = setTimeout(() => setResult(undefined), 3000)
    return () => clearTimeout(timer)
  }, [result])
  const copy = () => {
    copyText(text, { secret }).then(setResult, () => setResult('failed'))
  }
  return (
    <Button
      variant="default"
      {...button}
      onClick={copy}
      leftSection={result === undefined || result === 'failed' ? <IconCopy size={16} /> : <IconCheck size={16} />}
    >
      <span aria-live="polite">{result === undefined ? label : words[result]}</span>
    </Button>
  )
}
