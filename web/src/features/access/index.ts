export { LoginPage } from "./login-page"
export { getMe, meKey, setMyOperator, useMe, useMeQuery } from "./me"
export { ForcedPasswordPage, PasswordForm } from "./password-form"
export { beforeSignOut, onSessionEnd, signOut } from "./sign-out"
