import '../styles/mantine.ts'
import { Suspense, lazy } from 'react'
import { LoadingRows } from '../components/Loading.tsx'
import { mount } from './mount.tsx'

const SignInPage = lazy(() => import('../pages/SignInPage.tsx').then((module) => ({ default: module.SignInPage })))
const PortalApp = lazy(() => import('./PortalApp.tsx').then((module) => ({ default: module.PortalApp })))

/** The sign-in page is loaded by itself: it stays small. */
const Page = window.location.pathname.replace(/\/$/, '') === '/login' ? SignInPage : PortalApp

mount(
  <Suspense fallback={<LoadingRows rows={4} />}>
    <Page />
  </Suspense>,
)
