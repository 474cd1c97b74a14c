import { describe, expect, it } from 'vitest'
import { toCsvCell } from '../../../proxy/audit/auditExport.ts'

describe('a cell of the exported log', () => {
  it.for([
    ['Mia', 'Mia'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['=1+1', "'=1+1"],
    ['+49', "'+49"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    [' =1', "' =1"],
    ['\t=1', "'\t'=1"],
    // Where a comma stands in numbers, spreadsheets part cells at semicolons.
    ['Mia;=1+1', "Mia;'=1+1"],
    ['Mia; @SUM(A1)', "Mia; '@SUM(A1)"],
    ['Mia\t=1+1', "Mia\t'=1+1"],
    ['a;b', 'a;b'],
    ['=cmd|"/c calc"!A1', `"'=cmd|""/c calc""!A1"`],
  ])('%j becomes %j (formula injection)', ([text, cell]) => {
    expect(toCsvCell(text ?? '')).toBe(cell)
  })
})
