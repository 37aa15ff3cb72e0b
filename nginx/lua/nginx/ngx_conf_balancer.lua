tidegate_balance()
