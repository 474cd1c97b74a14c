import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isLoopbackHost } from '../proxy/core/addresses.ts'
import type { HeadlessRun } from '../service/serviceTypes.ts'

export type ServeArguments =
  { readonly ok: true; readonly run: HeadlessRun } | { readonly ok: false; readonly message: string }

const wrong = (message: string): ServeArguments => ({ ok: false, message })

function parsePort(text: string | undefined): number | undefined | 'wrong' {
  if (text === undefined) return undefined
  const port = Number(text)
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : 'wrong'
}

/** 127.0.0.1 is where the gate listens anyway; another loopback address is a further listener. */
const sharedAddresses = (host: string | undefined): readonly string[] =>
  host === undefined || host === 'localhost' || host === '127.0.0.1' ? [] : [host]

/** Whether serving on these addresses lets other devices in. */
export const reachesOthers = (addresses: readonly string[]): boolean =>
  addresses.some((address) => !isLoopbackHost(address))

/** What follows `gatehouse serve`; ComfyUI's own arguments come after `--`. */
export function parseServeArguments(argv: readonly string[]): ServeArguments {
  const divider = argv.indexOf('--')
  const ours = divider < 0 ? argv : argv.slice(0, divider)
  const extraArguments = divider < 0 ? [] : argv.slice(divider + 1)
  let values
  try {
    values = parseArgs({
      args: [...ours],
      options: {
        comfyui: { type: 'string' },
        python: { type: 'string' },
        practice: { type: 'boolean' },
        host: { type: 'string' },
        port: { type: 'string' },
        tls: { type: 'string' },
        'comfyui-port': { type: 'string' },
      },
    }).values
  } catch (error) {
    return wrong(error instanceof Error ? error.message : 'These options are not understood.')
  }
  const { comfyui, python, practice, host, tls } = values
  if (comfyui !== undefined && practice === true) return wrong('Choose one: --comfyui DIR or --practice.')
  if (python !== undefined && comfyui === undefined) return wrong('--python goes with --comfyui DIR.')
  if (practice === true && extraArguments.length > 0)
    return wrong('Arguments after -- are for ComfyUI; the practice engine takes none.')
  if (host !== undefined && host !== 'localhost' && isIP(host) === 0)
    return wrong(`--host ${host} is not an address, such as 192.168.1.20 or 0.0.0.0.`)
  if (tls !== undefined && tls !== 'auto' && tls !== 'off')
    return wrong(`--tls ${tls} is neither auto (a certificate made here) nor off (nothing is encrypted).`)
  const port = parsePort(values.port)
  const comfyuiPort = parsePort(values['comfyui-port'])
  if (port === 'wrong' || comfyuiPort === 'wrong') return wrong('A port is a number from 1 to 65535.')
  return {
    ok: true,
    run: {
      shareOn: sharedAddresses(host),
      extraArguments,
      ...(port === undefined ? {} : { publicPort: port }),
      ...(tls === undefined ? {} : { tls }),
      ...(comfyuiPort === undefined ? {} : { port: comfyuiPort }),
      ...(practice === true ? { engine: { kind: 'practice' as const } } : {}),
      ...(comfyui === undefined
        ? {}
        : {
            engine: {
              kind: 'comfyui' as const,
              directory: resolve(comfyui),
              ...(python === undefined ? {} : { python: resolve(python) }),
            },
          }),
    },
  }
}
