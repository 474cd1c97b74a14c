import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './apiError.ts'

/** Tries again only when no answer came: a refusal stays a refusal. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: true,
        // The gate is on this computer or in this network: the browser's idea of "online" says nothing about it.
        networkMode: 'always',
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.code === 'UNREACHABLE',
        retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 5000),
      },
      mutations: { networkMode: 'always' },
    },
  })
}
