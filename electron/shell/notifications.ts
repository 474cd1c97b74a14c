import { Notification } from 'electron'

/** Shows a system notification, where the system has them; a click runs `onClick`. Never carries a secret. */
export function showNotification(title: string, body: string, onClick: () => void): void {
  if (!Notification.isSupported()) return
  const notification = new Notification({ title, body })
  notification.on('click', onClick)
  notification.show()
}
