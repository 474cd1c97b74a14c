import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter, maxLineLength } from '../../../launcher/lineSplitter.ts'
import { LogBuffer } from '../../../launcher/logBuffer.ts'

const clock = { nowMs: () => 5 }
const bytes = (text: string): Buffer => Buffer.from(text, 'utf8')
const texts = (log: LogBuffer): string[] => log.lines().map((line) => line.text)

function filled(...chunks: (string | Buffer)[]): LogBuffer {
  const log = new LogBuffer(clock)
  const stream = log.openStream()
  for (const chunk of chunks) stream.write(typeof chunk === 'string' ? bytes(chunk) : chunk)
  stream.end()
  return log
}

describe('the log', () => {
  it('is made of lines, however the bytes come', () => {
    expect(texts(filled('one\ntw', 'o\r', '\nthr', 'ee'))).toEqual(['one', 'two', 'three'])
  })

  it('is the same for every cut of the same bytes', () => {
    const all = bytes('ä\r\n50%|█\rüber\n\n🎨 end\r\n')
    const whole = texts(filled(all))
    fc.assert(
      fc.property(fc.array(fc.nat(all.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), all.length]
        const chunks = at.slice(1).map((end, index) => all.subarray(at[index], end))
        expect(texts(filled(...chunks))).toEqual(whole)
      }),
    )
  })

  it('keeps only the last state of a progress bar', () => {
    const log = filled('start\n', ' 10%|#\r', ' 50%|##\r', '100%|###\n', 'end\n')
    expect(texts(log)).toEqual(['start', '100%|###', 'end'])
    expect(log.lines().map((line) => line.replacesPrevious)).toEqual([false, true, false])
  })

  it('forgets the oldest lines and keeps counting', () => {
    const log = new LogBuffer(clock, 3)
    for (const name of ['a', 'b', 'c', 'd']) log.add(name)
    expect(log.lines().map(({ sequence, text }) => [sequence, text])).toEqual([
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ])
    expect(log.lines(3).map((line) => line.text)).toEqual(['d'])
    expect(log.lastSequence).toBe(4)
  })

  it('tells listeners until they leave', () => {
    const log = new LogBuffer(clock)
    const heard: string[] = []
    const leave = log.onLine((line) => heard.push(line.text))
    log.add('one')
    leave()
    log.add('two')
    expect(heard).toEqual(['one'])
  })

  it('cuts a line without end and drops the rest of it', () => {
    const splitter = new LineSplitter()
    const lines = [...splitter.push(bytes('x'.repeat(maxLineLength * 3))), ...splitter.push(bytes('secret\nnext\n'))]
    expect(lines.map((line) => line.text.length)).toEqual([maxLineLength + 1, 4])
  })

  it('never shows a secret of this or the last starts, also to listeners', () => {
    const log = new LogBuffer(clock)
    const heard: string[] = []
    log.onLine((line) => heard.push(line.text))
    log.hide('first-secret')
    log.hide('second-secret')
    log.add('first-secret and second-secret')
    expect(texts(log)).toEqual(['[removed] and [removed]'])
    expect(heard).toEqual(['[removed] and [removed]'])
  })

  it('hides a secret that comes in two chunks', () => {
    const log = new LogBuffer(clock)
    log.hide('abcdefgh')
    const stream = log.openStream()
    stream.write(bytes('key abcd'))
    stream.write(bytes('efgh\n'))
    expect(texts(log)).toEqual(['key [removed]'])
  })
})
