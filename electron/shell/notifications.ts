import { Notification } from 'electron'

/** A notification's one button where the system has them; a click on the rest does the same. */
export interface NotificationWords {
  readonly title: string
  readonly body: string
  readonly action?: string
}

/** Shows a system notification, where the system has them; a click runs `onClick`. Never carries a secret. */
export function showNotification({ title, body, action }: NotificationWords, onClick: () => void): void {
  if (!Notification.isSupported()) return
  const actions = action === undefined ? [] : [{ type: 'button' as const, text: action }]
  const notification = new Notification({ title, body, actions })
  notification.on('click', onClick)
  notification.on('action', onClick)
  notification.show()
}
