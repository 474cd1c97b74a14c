import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router'
import { z } from 'zod'
import { ErrorState } from '../components/ErrorState.tsx'
import { gallerySearchSchema } from '../features/outputs/gallerySearch.ts'
import { ActivityPage } from '../pages/ActivityPage.tsx'
import { ComfyuiPage } from '../pages/ComfyuiPage.tsx'
import { HomePage } from '../pages/HomePage.tsx'
import { JobsPage } from '../pages/JobsPage.tsx'
import { KeysPage } from '../pages/KeysPage.tsx'
import { NetworkPage } from '../pages/NetworkPage.tsx'
import { OwnerPicturesPage } from '../pages/OwnerPicturesPage.tsx'
import { PeoplePage } from '../pages/PeoplePage.tsx'
import { roleParts } from '../features/roles/roleParts.ts'
import { RolesPage } from '../pages/RolesPage.tsx'
import { SettingsPage } from '../pages/SettingsPage.tsx'
import { WelcomePage } from '../pages/WelcomePage.tsx'
import { WorkflowsPage } from '../pages/WorkflowsPage.tsx'
import { ownerPages } from './ownerPages.ts'
import { OwnerShell } from './OwnerShell.tsx'

/** `?new` and `?new=true` both ask for it. */
const flag = z
  .unknown()
  .transform((value) => value !== undefined && value !== false && value !== 'false')
  .transform((on) => (on ? true : undefined))
const optionalText = z.string().optional().catch(undefined)

const rootRoute = createRootRoute()
const shellRoute = createRoute({ getParentRoute: () => rootRoute, id: 'shell', component: OwnerShell })

const homeRoute = createRoute({ getParentRoute: () => shellRoute, path: ownerPages.home.path, component: HomePage })
const peopleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.people.path,
  component: PeoplePage,
  validateSearch: z.object({
    add: flag.optional(),
    invite: flag.optional(),
    door: flag.optional(),
    person: optionalText,
  }),
})
const picturesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.pictures.path,
  component: OwnerPicturesPage,
  validateSearch: gallerySearchSchema.extend({ view: z.literal('folders').optional().catch(undefined) }),
})
const workflowsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.workflows.path,
  component: WorkflowsPage,
  validateSearch: z.object({ publish: flag.optional(), draft: optionalText, anew: optionalText, open: optionalText }),
})
const jobsRoute = createRoute({ getParentRoute: () => shellRoute, path: ownerPages.jobs.path, component: JobsPage })
const keysRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.keys.path,
  component: KeysPage,
  validateSearch: z.object({ new: flag.optional(), for: optionalText }),
})
const activityRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.activity.path,
  component: ActivityPage,
})
const rolesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.roles.path,
  component: RolesPage,
  validateSearch: z.object({
    role: optionalText,
    part: z.enum(roleParts).optional().catch(undefined),
    copy: optionalText,
  }),
})
const networkRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.network.path,
  component: NetworkPage,
})
const comfyuiRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.comfyui.path,
  component: ComfyuiPage,
})
const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: ownerPages.settings.path,
  component: SettingsPage,
})
const welcomeRoute = createRoute({ getParentRoute: () => rootRoute, path: '/welcome', component: WelcomePage })
const unknownRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '$',
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to go elsewhere
    throw redirect({ to: ownerPages.home.path })
  },
})

/** The pages of the owner's window, below /gatehouse/owner. */
export const ownerRouter = createRouter({
  routeTree: rootRoute.addChildren([
    welcomeRoute,
    shellRoute.addChildren([
      homeRoute,
      peopleRoute,
      picturesRoute,
      workflowsRoute,
      jobsRoute,
      rolesRoute,
      keysRoute,
      networkRoute,
      activityRoute,
      comfyuiRoute,
      settingsRoute,
      unknownRoute,
    ]),
  ]),
  basepath: '/gatehouse/owner',
  defaultErrorComponent: ({ error, reset }) => (
    <ErrorState what="This page stopped working." error={error} onRetry={reset} />
  ),
})
