import '../styles/mantine.ts'
import '../styles/mantineOwner.ts'
import { RouterProvider } from '@tanstack/react-router'
import { mount } from './mount.tsx'
import { ownerRouter } from './ownerRouter.tsx'

mount(<RouterProvider router={ownerRouter} />)
