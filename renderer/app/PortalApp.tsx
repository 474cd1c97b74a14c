import { RouterProvider } from '@tanstack/react-router'
import { portalRouter } from './portalRouter.tsx'

/** Everything behind the sign-in. */
export function PortalApp() {
  return <RouterProvider router={portalRouter} />
}
