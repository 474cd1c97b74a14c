import os from 'node:os'
import path from 'node:path'
import process from 'node:process'

function userCacheDirectory({ platform, env, home }) {
  if (platform === 'win32') return env.LOCALAPPDATA ?? path.join(home, 'AppData', 'Local')
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches')
  return env.XDG_CACHE_HOME || path.join(home, '.cache')
}

/** Gatehouse's folder in the user's cache directory: may be deleted at any time. */
export function cacheDirectory() {
  return path.join(
    userCacheDirectory({ platform: process.platform, env: process.env, home: os.homedir() }),
    'gatehouse',
  )
}
