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
    ['\t=1', "'\t=1"],
    ['=cmd|"/c calc"!A1', `"'=cmd|""/c calc""!A1"`],
  ])('%j becomes %j (formula injection)', ([text, cell]) => {
    expect(toCsvCell(text ?? '')).toBe(cell)
  })
})
