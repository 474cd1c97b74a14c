import '../styles/mantine.ts'
import { Suspense, lazy } from 'react'
import { LoadingRows } from '../components/Loading.tsx'
import { mount } from './mount.tsx'

const SignInPage = lazy(() => import('../pages/SignInPage.tsx').then((module) => ({ default: module.SignInPage })))
const MePage = lazy(() => import('../pages/MePage.tsx').then((module) => ({ default: module.MePage })))

/** Two addresses, each loaded by itself: the sign-in page stays small. */
const Page = window.location.pathname.replace(/\/$/, '') === '/login' ? SignInPage : MePage

mount(
  <Suspense fallback={<LoadingRows rows={4} />}>
    <Page />
  </Suspense>,
)
