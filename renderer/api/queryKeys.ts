/** Every key of the query cache. Server state lives there and nowhere else. */
export const queryKeys = {
  session: ['session'],
  users: ['users'],
  keys: ['keys'],
  sessions: ['sessions'],
  sessionsOf: (userId: string) => ['sessions', userId],
  connections: ['connections'],
  settings: ['settings'],
  jobs: ['jobs'],
  outputs: ['outputs'],
  folders: ['folders'],
  comfyui: ['comfyui'],
  engineLog: ['engineLog'],
  sharing: ['sharing'],
  desktop: ['desktop'],
  practicePage: ['practicePage'],
  candidates: ['candidates'],
} as const
