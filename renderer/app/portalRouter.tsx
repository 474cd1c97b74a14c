import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { gallerySearchSchema } from '../features/outputs/gallerySearch.ts'
import { portalPages } from './portalPages.ts'
import { PortalShell } from './PortalShell.tsx'

const rootRoute = createRootRoute()
const shellRoute = createRoute({ getParentRoute: () => rootRoute, id: 'portal', component: PortalShell })

const picturesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: portalPages.pictures.path,
  component: lazyRouteComponent(() => import('../pages/PicturesPage.tsx'), 'PicturesPage'),
  validateSearch: gallerySearchSchema,
})
const queueRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: portalPages.queue.path,
  component: lazyRouteComponent(() => import('../pages/QueuePage.tsx'), 'QueuePage'),
})
const meRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: portalPages.me.path,
  component: lazyRouteComponent(() => import('../pages/MePage.tsx'), 'MePage'),
})
const unknownRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '$',
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to go elsewhere
    throw redirect({ to: portalPages.pictures.path, replace: true })
  },
})

/** The pages of somebody who is signed in, below /gatehouse. Each is loaded when it is opened. */
export const portalRouter = createRouter({
  routeTree: rootRoute.addChildren([shellRoute.addChildren([picturesRoute, queueRoute, meRoute, unknownRoute])]),
  basepath: '/gatehouse',
  defaultPreload: 'intent',
  defaultPendingComponent: () => <LoadingRows rows={5} />,
  defaultErrorComponent: ({ error, reset }) => (
    <ErrorState what="This page stopped working." error={error} onRetry={reset} />
  ),
})
