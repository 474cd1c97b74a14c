/** A file in the form of safetensors, full of zeros. @param shapes by the name of the tensor, all of 32-bit floats */
export function safetensors(
  shapes: Readonly<Record<string, readonly number[]>>,
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  let end = 0
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const start = end
    end += 4 * shape.reduce((size, length) => size * length, 1)
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }]
  })
  const header = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(tensors) }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, Buffer.alloc(end)])
}
