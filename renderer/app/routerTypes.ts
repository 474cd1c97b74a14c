import type { ownerRouter } from './ownerRouter.tsx'
import type { createPortalRouter } from './portalRouter.tsx'

/** Links know the addresses of both routers; which one a page stands in is told by its own route. */
declare module '@tanstack/react-router' {
  interface Register {
    router: typeof ownerRouter | ReturnType<typeof createPortalRouter>
  }
}
