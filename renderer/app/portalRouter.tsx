import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { runSearchSchema } from '../features/run/runSearch.ts'
import { gallerySearchSchema, toOwnFilter } from '../features/outputs/gallerySearch.ts'
import { outputsQuery } from '../features/outputs/outputQueries.ts'
import { sharedSearchSchema } from '../features/shares/sharedSearch.ts'
import { portalPages } from './portalPages.ts'
import { PortalShell } from './PortalShell.tsx'

const rootRoute = createRootRouteWithContext<{ readonly queryClient: QueryClient }>()()
const shellRoute = createRoute({ getParentRoute: () => rootRoute, id: 'portal', component: PortalShell })

const runRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: portalPages.run.path,
  component: lazyRouteComponent(() => import('../pages/RunPage.tsx'), 'RunPage'),
  validateSearch: runSearchSchema,
})
const picturesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: portalPages.pictures.path,
  component: lazyRouteComponent(() => import('../pages/PicturesPage.tsx'), 'PicturesPage'),
  validateSearch: gallerySearchSchema,
  loaderDeps: ({ search }) => toOwnFilter(search),
  // Asked for while the page itself is still on its way.
  loader: ({ context: { queryClient }, deps }) => {
    // The page asks again, and says what is wrong.
    queryClient.query(outputsQuery(queryClient, deps)).catch(() => undefined)
  },
})
const sharedRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: portalPages.shared.path,
  component: lazyRouteComponent(() => import('../pages/SharedPage.tsx'), 'SharedPage'),
  validateSearch: sharedSearchSchema,
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
    throw redirect({ to: portalPages.run.path, replace: true })
  },
})

/** The pages of somebody who is signed in, below /gatehouse. Each is loaded when it is opened. */
export const createPortalRouter = (queryClient: QueryClient) =>
  createRouter({
    context: { queryClient },
    routeTree: rootRoute.addChildren([
      shellRoute.addChildren([runRoute, picturesRoute, sharedRoute, queueRoute, meRoute, unknownRoute]),
    ]),
    basepath: '/gatehouse',
    defaultPreload: 'intent',
    defaultPendingComponent: () => <LoadingRows rows={5} />,
    defaultErrorComponent: ({ error, reset }) => (
      <ErrorState what="This page stopped working." error={error} onRetry={reset} />
    ),
  })
