const alignTo4 = (length) => Math.ceil(length / 4) * 4

/** An asar archive (a JSON index inside two Chromium pickles, then the contents) of the given {name: Buffer}. */
export function packAsar(contents) {
  const files = {}
  let offset = 0
  for (const [name, content] of Object.entries(contents)) {
    files[name] = { size: content.length, offset: String(offset) }
    offset += content.length
  }
  const index = Buffer.from(JSON.stringify({ files }))
  const header = Buffer.alloc(16 + alignTo4(index.length))
  header.writeUInt32LE(4, 0)
  header.writeUInt32LE(header.length - 8, 4)
  header.writeUInt32LE(header.length - 12, 8)
  header.writeUInt32LE(index.length, 12)
  index.copy(header, 16)
  return Buffer.concat([header, ...Object.values(contents)])
}
