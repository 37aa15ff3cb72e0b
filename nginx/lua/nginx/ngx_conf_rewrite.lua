package.loaded["tidegate.rewrite"].run()
