import { Checkbox, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { LogLine } from '../../../proxy/contract/comfyui.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { toClock } from '../../words/time.ts'
import { useEngineLog } from './comfyuiQueries.ts'
import { findLines, visibleRange } from './logWindow.ts'
import styles from './LogView.module.css'

const rowHeight = 18

interface LogViewProps {
  readonly height: number
}

/** ComfyUI's log as it is written: only the visible lines are in the page, the end is followed until one scrolls up. */
export function LogView({ height }: LogViewProps) {
  const log = useEngineLog()
  const [search, setSearch] = useState('')
  const [follow, setFollow] = useState(true)
  const all = log.data?.lines
  const lines = useMemo(() => findLines(all ?? [], search), [all, search])
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        <TextInput
          aria-label="Search the log"
          placeholder="Search the log"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          className={styles.search}
        />
        <Checkbox label="Follow" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />
        <CopyButton text={toText(lines)} label="Copy log" />
      </div>
      <LogLines lines={lines} height={height} follow={follow} onFollow={setFollow} />
      <p className="small quiet" role="status">
        {search === '' ? `${lines.length} lines` : `${lines.length} of ${all?.length ?? 0} lines`}
      </p>
    </div>
  )
}

interface LogLinesProps {
  readonly lines: readonly LogLine[]
  readonly height: number
  readonly follow: boolean
  readonly onFollow: (follow: boolean) => void
}

function LogLines({ lines, height, follow, onFollow }: LogLinesProps) {
  const box = useRef<HTMLDivElement>(null)
  const [scrollTop, setScrollTop] = useState(0)
  const range = visibleRange({ scrollTop, height, rowHeight, count: lines.length })
  useEffect(() => {
    const element = box.current
    if (follow && element !== null) element.scrollTop = element.scrollHeight
  }, [follow, lines])
  const onScroll = () => {
    const element = box.current
    if (element === null) return
    setScrollTop(element.scrollTop)
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight * 2
    if (atEnd !== follow) onFollow(atEnd)
  }
  return (
    <div
      ref={box}
      className={styles.box}
      style={{ height }}
      onScroll={onScroll}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Lines of the log"
    >
      {lines.length === 0 && (
        <p className={styles.empty}>Nothing here yet. ComfyUI writes its log while it starts and runs.</p>
      )}
      <div style={{ height: lines.length * rowHeight }}>
        <ol style={{ transform: `translateY(${range.first * rowHeight}px)` }}>
          {lines.slice(range.first, range.end).map((line) => (
            <li key={line.sequence} className={styles.line}>
              <time className={styles.time}>{toClock(line.atMs)}</time>
              <span>{line.text}</span>
            </li>
          ))}
        </ol>
      </div>
    </div>
  )
}

const toText = (lines: readonly LogLine[]): string =>
  lines.map((line) => `${toClock(line.atMs)} ${line.text}`).join('\n')
