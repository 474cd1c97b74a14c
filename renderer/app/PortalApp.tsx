import { useQueryClient } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useState } from 'react'
import { createPortalRouter } from './portalRouter.tsx'

/** Everything behind the sign-in. */
export function PortalApp() {
  const queryClient = useQueryClient()
  const [router] = useState(() => createPortalRouter(queryClient))
  return <RouterProvider router={router} />
}
