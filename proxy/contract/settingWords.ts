import { isSettingName } from './settings.ts'
import type { SettingName } from './settings.ts'

/** What the pages call a setting; where none shows it, what it is. */
const settingWords: Readonly<Record<SettingName, string>> = {
  'administration.on': 'Administrators may sign in on other devices',
  'administration.port': 'the port for managing from other devices',
  'audit.retentionDays': 'the days that this list is kept',
  'comfyui.arguments': 'the options of ComfyUI',
  'comfyui.directory': 'the folder of ComfyUI',
  'comfyui.engine': 'which ComfyUI runs',
  'comfyui.managerFromOtherDevices': 'ComfyUI-Manager on other devices',
  'comfyui.memoryCeilingPercent': 'how much memory ComfyUI may use, in percent',
  'comfyui.port': 'the port of ComfyUI itself',
  'comfyui.python': 'the Python of ComfyUI',
  'comfyui.startWithGatehouse': 'Start ComfyUI with Gatehouse',
  'folders.quotaBytes': 'Room for each person',
  'folders.retentionDays': 'the days after which pictures are cleared away',
  'guests.allowed': 'Let guests in',
  'guests.hours': 'How long a guest stays, in hours',
  'guests.perAddress': 'guests from one address at most',
  'guests.quotaBytes': 'room for each guest',
  'guests.total': 'guests at most',
  'https.allowWithout': 'Allow signing in without HTTPS',
  'https.certificateFile': 'the file of the certificate',
  'https.force': 'Only HTTPS',
  'https.keyFile': 'the file of the certificate’s key',
  'https.mode': 'Certificate',
  'jobs.diskFloorBytes': 'the room on the disk that no job may take',
  'jobs.historyDays': 'the days that ended jobs are listed',
  'jobs.limits': 'the limits of jobs',
  'jobs.limitsByUser': 'the limits of somebody’s jobs',
  'jobs.paused': 'the pause of the line',
  'jobs.weights': 'the shares of roles in the line',
  'limits.promptBytes': 'the size of a workflow that is run, at most',
  'limits.promptNodes': 'nodes of a workflow that is run, at most',
  'limits.requestsPerMinute': 'requests a minute of each person and key',
  'limits.requestsPerMinutePerAddress': 'requests a minute of each device',
  'limits.sockets': 'open windows of ComfyUI at most',
  'limits.socketsPerUser': 'open windows of ComfyUI of each person at most',
  'limits.strangerRequestsPerMinute': 'requests a minute of each device where nobody signed in',
  'limits.uploadBytes': 'the size of an upload at most',
  'limits.uploadPixels': 'the pixels of an upload at most',
  'lockout.blacklistAfter': 'Block a device after so many wrong passwords',
  'log.fileName': 'the name of the log file',
  'log.levels': 'what the log file holds',
  'sessions.absoluteDays': 'Sign out at the latest after, in days',
  'sessions.freeMemoryOnSignOut': 'Free memory when the last person signs out',
  'sessions.idleHours': 'Sign out after a pause of, in hours',
  'sharing.addresses': 'the addresses that are shared on',
  'sharing.hostNames': 'further names of this computer',
  'sharing.name': 'Name in the network',
  'sharing.networks': 'the networks that are shared in',
  'sharing.on': 'Sharing',
  'sharing.outsideHome': 'People outside my home',
  'sharing.port': 'Port',
  'sharing.trustedProxies': 'Proxies that are believed',
  'tokens.hours': 'the hours that a token of ComfyUI-Sentinel’s clients holds',
  'tokens.maxHours': 'the hours that such a token holds at most',
  'tokens.on': 'Clients of ComfyUI-Sentinel',
  'tokens.secretVariable': 'the variable that holds ComfyUI-Sentinel’s secret',
  'window.appearance': 'Appearance',
  'window.keepAwake': 'Keep this computer awake',
  'window.keepInTray': 'Keep running when the window is closed',
  'window.startAtLogin': 'Start when I sign in to this computer',
  'window.trayExplained': 'that closing the window was explained',
}

/**
 * "sharing.port: 8190 → 8191", as the log keeps it, in the words of the pages: "“Port” from 8190 to 8191". Values that
 * nobody can read are left out.
 */
export function describeSettingChange(change: string): string {
  const [, name = change, before = '', after = ''] = /^([\w.]+): (.*) \u2192 (.*)$/s.exec(change) ?? []
  const title = isSettingName(name) ? `“${capitalise(settingWords[name])}”` : name
  const [from, to] = [toWords(name, before), toWords(name, after)]
  return from === undefined || to === undefined ? title : `${title} from ${from} to ${to}`
}

const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function toWords(name: string, text: string): string | undefined {
  const value = parse(text)
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (value === '') return 'none'
  if (value === null) return 'no limit'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return name.endsWith('Bytes') ? toSize(value) : String(value)
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return undefined
  return value.length === 0 ? 'none' : value.map((one) => one.replace(/\/(?:32|128)$/, '')).join(', ')
}

/** A long value was cut, and then it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const MiB = 1024 * 1024
const toSize = (bytes: number): string =>
  bytes >= 1024 * MiB ? `${Number((bytes / 1024 / MiB).toFixed(1))} GB` : `${Number((bytes / MiB).toFixed(1))} MB`
