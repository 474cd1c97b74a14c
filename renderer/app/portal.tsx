import '../styles/mantine.ts'
import { Suspense, lazy } from 'react'
import { LoadingRows } from '../components/Loading.tsx'
import { mount } from './mount.tsx'

const isSignIn = window.location.pathname.replace(/\/$/, '') === '/login'

/** The sign-in page is loaded by itself: it stays small. */
const loading = isSignIn
  ? import('../pages/SignInPage.tsx').then((module) => ({ default: module.SignInPage }))
  : import('./PortalApp.tsx').then((module) => ({ default: module.PortalApp }))
const Page = lazy(() => loading)

mount(
  <Suspense fallback={<LoadingRows rows={4} />}>
    <Page />
  </Suspense>,
)
